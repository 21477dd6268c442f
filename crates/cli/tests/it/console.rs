//! What the pages show of a terminal, run again: the files that a page names, its commands, and every line of output.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What stands in front of a code block that is a file; the name and `-->` follow.
const FILE: &str = "<!-- claimgate file ";
/// What stands in front of a code block of commands and their output.
const CONSOLE: &str = "<!-- claimgate console -->\n```console\n";
const FENCE: &str = "\n```";

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let folders = ["concepts", "guides"].map(|folder| fs::read_dir(root.join(folder)).unwrap());
    folders.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn what_the_pages_show_of_a_terminal_is_what_the_command_says() {
    let mut commands = 0;
    for page in pages() {
        let mut text = fs::read_to_string(&page).unwrap();
        let name = page.file_stem().unwrap().to_str().unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("console-{name}"));
        fs::create_dir_all(&folder).unwrap();
        write_files(&text, &folder);
        let run = run_again(&text, &folder, &mut commands);
        if std::env::var_os("UPDATE").is_some() && run != text {
            fs::write(&page, &run).unwrap();
            text.clone_from(&run);
        }
        let stale = text.lines().zip(run.lines()).position(|(shown, said)| shown != said);
        assert!(run == text, "{} differs after line {stale:?}: run with UPDATE=1\n{run}", page.display());
    }
    assert!(commands > 0, "no page shows a command");
}

fn write_files(page: &str, folder: &Path) {
    for part in page.split(FILE).skip(1) {
        let (name, rest) = part.split_once(" -->\n```").unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        let (content, _) = rest.split_once(FENCE).unwrap();
        fs::write(folder.join(name), format!("{content}\n")).unwrap();
    }
}

/// The page with the output that its commands have now.
fn run_again(page: &str, folder: &Path, commands: &mut usize) -> String {
    let mut parts = page.split(CONSOLE);
    let mut made = parts.next().unwrap().to_owned();
    for part in parts {
        let (block, rest) = part.split_once(FENCE).unwrap();
        let mut said = String::new();
        for command in commands_of(block) {
            writeln!(said, "$ {command}").unwrap();
            said.push_str(&shell(&command, folder));
            *commands += 1;
        }
        made.push_str(CONSOLE);
        made.push_str(said.trim_end_matches('\n'));
        made.push_str(FENCE);
        made.push_str(rest);
    }
    made
}

/// The lines behind `$ `, with those that a backslash joins to them.
fn commands_of(block: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => commands.push(command.to_owned()),
            None if goes_on => {
                let command = commands.last_mut().unwrap();
                command.push('\n');
                command.push_str(line);
            }
            None => continue,
        }
        goes_on = line.ends_with('\\');
    }
    commands
}

/// What a shell in `folder` prints for the command, standard error first.
fn shell(command: &str, folder: &Path) -> String {
    let bin = Path::new(env!("CARGO_BIN_EXE_claimgate")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).current_dir(folder).env("PATH", path).stdin(Stdio::null());
    let output = shell.output().unwrap();
    [output.stderr, output.stdout].map(|bytes| String::from_utf8(bytes).unwrap()).concat()
}

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const CLAIMGATE: &str = env!("CARGO_BIN_EXE_claimgate");
/// What stands in front of a code block that is a whole configuration.
const MARK: &str = "<!-- claimgate config -->\n```yaml\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_reference_pages_are_current() {
    let output = Command::new(CLAIMGATE).args(["reference", "--check"]).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_configuration_in_the_documentation_checks_clean() {
    let mut pages = vec![root().join("README.md")];
    for folder in ["docs", "docs/concepts", "docs/guides"] {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        pages.extend(files.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut seen = 0;
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for block in text.split(MARK).skip(1) {
            let (config, _) = block.split_once("\n```").unwrap();
            let file = folder.join(format!("documented-{seen}.yaml"));
            fs::write(&file, config).unwrap();
            let output = Command::new(CLAIMGATE).arg("check").arg(&file).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("no problems"), "{}: {said}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 0, "no page has a configuration");
}

/// A page that promises a test is worth something only while the test is there.
#[test]
fn the_tests_that_the_advisories_page_names_exist() {
    let page = fs::read_to_string(root().join("docs/dev/advisories.md")).unwrap();
    let mut sources = String::new();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                sources.push_str(&fs::read_to_string(entry).unwrap());
            }
        }
    }
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| failure"));
    let mut named = 0;
    for row in rows {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let names = tests.split('`').skip(1).step_by(2).filter(|name| !name.contains('.'));
        let before = named;
        for name in names {
            assert!(sources.contains(&format!("fn {name}(")), "there is no test `{name}`");
            named += 1;
        }
        assert!(named > before, "no test: {row}");
    }
    assert!(named > 50, "{named}");
}

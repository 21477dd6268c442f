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

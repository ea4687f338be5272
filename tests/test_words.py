"""What no file of the repository may say: machine paths, issue numbers, package registries."""

import re
import shutil
import subprocess

import pytest

# Put together here, so that this file does not say them itself.
FORBIDDEN = {
    "a path of one machine": "|".join("/" + name + r"/\w" for name in ("work", "tmp", "root", "home", "farm", "opt")),
    "an issue number": r"\b(?:issue|ticket|PR|pull request) ?#?\d+|(?<=[\s(])#\d{1,4}\b(?=[\s).,:;])",
    "a package registry": "|".join(("pypi" + r"\.org", "python" + "hosted", "deb" + r"\.debian", "npm" + r"js\.")),
}
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yml",
    ".yaml",
    ".cff",
    ".html",
    ".css",
    ".js",
    ".j2",
    ".sh",
    ".json",
    ".csv",
    ".txt",
    "",
}


def _tracked(root):
    if shutil.which("git") is None or not (root / ".git").exists():
        pytest.skip("not a git clone: there is no list of tracked files")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return [root / name for name in listed.split("\0") if name]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_names(root, what):
    pattern = re.compile(FORBIDDEN[what])
    found = []
    for path in _tracked(root):
        if path.suffix not in TEXT or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if path.suffix in (".css", ".html", ".j2") and what == "an issue number":
                continue  # colours
            if pattern.search(line):
                found.append(f"{path.relative_to(root)}:{number}: {line.strip()[:90]}")
    assert not found, f"{what} is named in:\n" + "\n".join(found[:20])

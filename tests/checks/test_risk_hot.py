from checks.model import FileChange
from checks.risk.hot import hot_files


def test_hot_files_come_in_order_once_each_by_their_present_name() -> None:
    files = [
        FileChange("z/key.pem", 1, 0),
        FileChange("a/b.py", 1, 0),
        FileChange("new/home.py", 1, 0, previous="a/old.py"),
        FileChange("docs/x.md", 1, 0),
    ]
    assert hot_files(files, ["a/**", "**/*.py", "**/*.pem"]) == ("z/key.pem", "a/b.py", "new/home.py")
    assert hot_files(files, ["a/**"]) == ("a/b.py", "new/home.py")
    assert hot_files(files, []) == ()

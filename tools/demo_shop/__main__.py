"""`python -m tools.demo_shop`: make the demo shop's files and say where they are."""

from tools.demo_shop.files import ensure_files


def main() -> None:
    files = ensure_files()
    for path in sorted(files.folder.iterdir()):
        print(f"{path}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

"""`python -m speechsmith` is the program `speechsmith`."""

from speechsmith.cli.main import main

if __name__ == "__main__":
    main()

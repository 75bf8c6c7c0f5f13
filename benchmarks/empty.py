"""What a request costs that does nothing: FastAPI with one empty route, served as the service is.

`python -m benchmarks.empty` prints its address and serves until it is told to stop.
"""

from fastapi import FastAPI

from speechsmith.api import server

app = FastAPI()


@app.get("/")
async def _() -> dict[str, str]:
    return {}


def main() -> None:
    """The program."""
    listener = server.bind("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.run(app, listener, None, lambda: print(address, flush=True))


if __name__ == "__main__":
    main()

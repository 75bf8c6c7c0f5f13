"""The composition root: from settings to a Context, a service, or a worker. Everything is wired here."""

import contextlib
import json
import logging
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from speechsmith.config import BLOBS, LOCK, TLS, WORKERS, Settings
from speechsmith.domain import expiry
from speechsmith.engines.registry import engines
from speechsmith.executors.local import LocalExecutor
from speechsmith.jobs import courier
from speechsmith.jobs.presence import Presence, living, lock
from speechsmith.jobs.sweeper import sweep
from speechsmith.jobs.table import WORK
from speechsmith.jobs.worker import Worker, recover
from speechsmith.net import peers
from speechsmith.services import backups, capacity, models, resources
from speechsmith.services.context import Context
from speechsmith.services.entities import remove_expired
from speechsmith.services.limits import limits_of
from speechsmith.store import migrate
from speechsmith.store.blobs import Blobs
from speechsmith.store.sql import Store, sqlite_url
from speechsmith.traces import trace_of

SWEEP_S = 60.0
MOST_RETENTION_DAYS = 36_500

log = logging.getLogger("speechsmith")


class CannotStart(Exception):
    """Neither service nor worker can run as things are; the message says why, and what to do."""


def open_home(settings: Settings) -> Context:
    """The service's data, brought up to date; a new home is made. Raises: OSError, CannotStart."""
    check(settings)
    home = settings.home
    if backups.is_cut_off(home):
        raise CannotStart(f"A restore into {home} was cut off. Do it again, or remove the folder to begin anew.")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = home / "scratch"
    for folder in (scratch, home / BLOBS):  # the home itself may be a folder that others may look into
        folder.mkdir(exist_ok=True, mode=0o700)
    if settings.database_file is not None:
        settings.database_file.touch(mode=0o600)  # SQLite gives its other files the same mode
    try:
        store = migrate.opened(database_url(settings))
    except migrate.StoreError as error:
        raise CannotStart(str(error)) from error
    blobs = Blobs(str(settings.blob_folder or settings.blob_url), cache=scratch / "blobs")
    ctx = Context(store=store, blobs=blobs, settings=settings, scratch=scratch)
    models.install_packaged(ctx, engines().values())
    return ctx


def check(settings: Settings) -> None:
    """Raises: CannotStart when a setting makes no sense."""
    try:
        limits_of(settings)
    except ValueError as error:
        raise CannotStart(str(error)) from None
    if not 0 <= settings.log_retention_days <= MOST_RETENTION_DAYS:
        raise CannotStart(f"SPEECHSMITH_LOG_RETENTION_DAYS is a number of days from 0 to {MOST_RETENTION_DAYS}.")
    if settings.most_live_streams < 0:
        raise CannotStart("SPEECHSMITH_MOST_LIVE_STREAMS is a number from 0 on; 0 leaves it to the machine.")
    try:
        peers.parse(settings.peers)
    except ValueError as error:
        raise CannotStart(f"SPEECHSMITH_PEERS cannot be read: {error}") from None
    try:
        expiry.parse(settings.expiry_policy)
    except ValueError as error:
        raise CannotStart(f"SPEECHSMITH_EXPIRY_POLICY cannot be read: {error}") from None


def database_url(settings: Settings) -> str:
    """Where the database is."""
    file = settings.database_file
    return settings.database_url if file is None else sqlite_url(file)


def is_new(settings: Settings) -> bool:
    """Whether there are no data yet."""
    file = settings.database_file
    return file is not None and not file.exists()


def versions(settings: Settings) -> tuple[str, str]:
    """The version of the database of a home, empty before its first start, and that of this program.

    The database stays as it is. Raises: CannotStart.
    """
    with _database(lambda: Store(database_url(settings), untouched=True)) as store:
        return migrate.number(store), migrate.NEWEST


def upgrade_home(settings: Settings) -> tuple[str, str]:
    """Bring the database of a home to this version; returns the versions before and after.

    Raises: CannotStart, also while a service or a worker of this home runs.
    """
    home = settings.home
    with only_service(home):
        if at_work := living(home / WORKERS):
            raise CannotStart(
                f"Workers run on {home}: {', '.join(at_work)}. Stop them first, so that none meets tables that it does "
                "not know. (WorkerRunning)"
            )
        with _database(lambda: Store(database_url(settings))) as store:
            before = migrate.number(store)
            migrate.upgrade(store)
            return before, migrate.NEWEST


@contextlib.contextmanager
def _database(made: Callable[[], Store]) -> Iterator[Store]:
    """Raises: CannotStart."""
    try:
        with migrate.in_words(), contextlib.closing(made()) as store:
            yield store
    except migrate.StoreError as error:
        raise CannotStart(str(error)) from error


def log_to_stderr() -> None:
    """One line for each finished thing."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)  # else a line for each migration of a new database


def run_worker(settings: Settings, *, lifeline: bool = False) -> None:
    """Work until SIGTERM or SIGINT; with a `lifeline` also until standard input ends, as it does when the parent dies.

    Raises: OSError, CannotStart.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ctx = open_home(settings)
    if lifeline:
        threading.Thread(target=_watch, args=(sys.stdin.fileno(), stop), daemon=True).start()
    presence = Presence(settings.home / WORKERS)
    courier.recover(ctx, presence.gone())
    recover(ctx, WORK, presence)
    worker = Worker(ctx, WORK, LocalExecutor(), presence.owner, slots=settings.workers)
    sweeper = threading.Thread(target=_sweep, args=(ctx, stop), daemon=True)
    sweeper.start()
    couriers = threading.Thread(target=courier.Courier(ctx, presence.owner).run_until, args=(stop,), daemon=True)
    couriers.start()
    print("ready", flush=True)
    worker.run_until(stop)
    couriers.join()
    presence.close()
    ctx.store.close()


def _sweep(ctx: Context, stop: threading.Event) -> None:
    while not stop.wait(2.0):
        try:
            sweep(ctx, remove_expired)
        except Exception as error:  # noqa: BLE001 - database or blob store are away: the next round does it
            log.error("sweep failed\n%s", trace_of(error))
        if stop.wait(SWEEP_S):
            return


def _watch(descriptor: int, stop: threading.Event) -> None:
    """Set `stop` when the other end of a pipe is closed."""
    while os.read(descriptor, 1024):
        pass
    stop.set()


def service_file(home: Path) -> Path:
    """Where a running service says how it is reached."""
    return home / "service.json"


def endpoint(settings: Settings) -> str:
    """The address of the service of this home, running or not."""
    try:
        said = json.loads(service_file(settings.home).read_text(encoding="utf-8"))["url"]
    except (OSError, ValueError, KeyError):
        said = "http://127.0.0.1:8080"
    return settings.public_url or str(said)


def serve(
    settings: Settings, *, host: str, port: int, certificate: tuple[Path, Path] | None, self_signed: bool
) -> None:
    """Run the API here and a worker beside it, until SIGTERM or SIGINT.

    Raises: CannotStart, also when the address is taken, or the home is.
    """
    from speechsmith.api import app, server  # noqa: PLC0415  # the worker needs neither
    from speechsmith.net import certificates  # noqa: PLC0415

    try:
        listener = server.bind(host, port)
    except OSError as error:
        raise CannotStart(
            f"Cannot listen on {host}, port {port}: {error.strerror}. "
            "Stop what listens there, or choose another with --port; 0 takes a free one."
        ) from error
    log_to_stderr()
    home = settings.home
    with listener, only_service(home):
        streams, why = capacity.live_streams(settings)
        log.info("live streams most=%s: %s", streams, why)
        ctx = open_home(replace(settings, most_live_streams=streams))
        if self_signed:
            certificate = certificates.self_signed(home / TLS, _names(host, settings.public_url))
        tls = None if certificate is None else server.Tls(*certificate)
        shown_host = f"[{host}]" if ":" in host else host
        url = f"{'https' if tls else 'http'}://{shown_host}:{listener.getsockname()[1]}"
        service_file(home).write_text(json.dumps({"url": url}), encoding="utf-8")
        first = resources.create_first(ctx, region=settings.region)
        with WorkerProcess(settings) as beside:
            application = app.create_app(ctx)

            def ready() -> None:
                beside.wait_until_ready()
                _greet(settings.public_url or url, home, first, certificate if self_signed else None)

            server.run(application, listener, tls, ready, application.state.service.lines.stop)
        ctx.store.close()


@contextlib.contextmanager
def only_service(home: Path) -> Iterator[None]:
    """Be the one service of a home until the block ends, or the process does, in whatever way.

    Two would each keep a worker and overwrite where the other is reached. Raises: CannotStart.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / LOCK).open("ab") as mark:
        try:
            lock(mark)
        except OSError as error:
            raise CannotStart(
                f"A service runs on {home} already. Stop it first, or start this one on other data with --home. "
                "More jobs at once: SPEECHSMITH_WORKERS, or `speechsmith worker` beside it. (ServiceRunning)"
            ) from error
        yield


def is_served(home: Path) -> bool:
    """Whether a service runs on a home, which stays as it is."""
    try:
        with (home / LOCK).open("rb") as mark:
            lock(mark)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _names(host: str, public_url: str) -> list[str]:
    """The hosts by which clients may know a service: what it listens on, what it is called, what this machine is."""
    return [name for name in (host, socket.gethostname(), urlsplit(public_url).hostname) if name]


def _greet(url: str, home: Path, first: resources.WithKeys | None, made: tuple[Path, Path] | None) -> None:
    """What a person and a script wait for. A key is shown once, when it is made; `made` is our own certificate."""
    print(f"Speechsmith is ready: {url}", flush=True)
    print(f"Studio, in the browser: {url}/studio/", flush=True)
    print(f"Data: {home}", flush=True)
    key = "<the key that was shown when the resource was made>"
    if first is not None:
        key = first.key1
        print(f"Key of the resource '{first.resource.name}', shown only now: {key}", flush=True)
    else:
        print("If the key is lost: speechsmith resource rotate-key --help", flush=True)
    exports = [f"SPEECHSMITH_ENDPOINT={shlex.quote(url)}", f"SPEECHSMITH_KEY={key}"]
    if made is not None:  # spx trusts what this names, and nothing else then
        exports.append(f"SSL_CERT_FILE={shlex.quote(str(made[0]))}")
    programs = Path(sys.executable).parent
    if shutil.which("spx") is None and (programs / "spx").is_file():
        exports.insert(0, f"PATH={shlex.quote(str(programs))}:$PATH")
    print(
        "Try next, in another terminal:\n"
        f"  export {' '.join(exports)}\n"
        '  spx csr project create --api-version v3.2 --name "My Project" --language en-US\n'
        "  spx csr model list --base --api-version v3.2",
        flush=True,
    )


class WorkerProcess:
    """The worker of a service that runs API and worker together: started, watched, started again, told to stop."""

    def __init__(self, settings: Settings) -> None:
        self._command = [
            sys.executable,
            "-m",
            "speechsmith",
            "worker",
            "--lifeline",
            "--home",
            str(settings.home),
        ]
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> "WorkerProcess":
        self._keeper.start()
        return self

    def wait_until_ready(self) -> None:
        """Return when the worker takes jobs. Raises: CannotStart when it does not come up."""
        if not self._ready.wait(60.0):
            raise CannotStart("The worker did not start within 60 seconds; its messages are above.")

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
        self._keeper.join(20.0)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            with subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
                self._process = process
                assert process.stdout is not None
                for line in process.stdout:
                    if line.strip() == b"ready":
                        self._ready.set()
                process.wait()
            if not self._stopping.is_set():
                log.error("worker ended status=%s, starting another", process.returncode)
                self._stopping.wait(1.0)

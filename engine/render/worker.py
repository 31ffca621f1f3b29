"""The small process that holds one LibreOffice; it runs inside the sandbox, under the system's Python, and imports nothing of ours.

It is started with one argument, a JSON object:
    program  folder of soffice.bin            converter  unoserver's converter.py
    profile  folder of profile.xcu, java.xml  home       empty folder that may be written to
    jobs     folder of the jobs' files        name       of the UNO pipe, unique on the machine
    secrets  paths, and `socket` an abstract Unix socket, that a sandbox must hide
    litter   a folder to remove where the other side cannot any more, or ""
and speaks in lines of JSON:
    -> {"reached": ["/etc/passwd", "socket"]} what of the outside it can reach, at once
    -> {"version": "7.4.7.2", "pipes": […]}   LibreOffice is ready; the sockets it leaves behind when killed
    <- {"from": "1.docx", "to": "1.pdf", "filter": "MS Word 2007 XML"}
    -> {"made": true} | {"refused": reason}
When the other side is gone, or LibreOffice is, it ends with its whole process group. Only the other side knows how long a job may take.
"""

import ctypes
import importlib.util
import json
import os
import queue
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import DisposedException, IllegalArgumentException
from com.sun.star.uno import Exception as UnoException

PR_SET_PDEATHSIG = 1
ADDRESS_SPACE = 2 * 1024**3
# A new profile makes soffice.bin end once with this status: "start me again".
RESTART = 81


class Refused(Exception):
    """LibreOffice could not open the file."""


class Desktop:
    """LibreOffice's desktop, so that a file is opened with nothing fetched and nothing run, and a refusal is told from a crash."""

    def __init__(self, desktop):
        self._desktop = desktop

    def loadComponentFromURL(self, url, target, flags, properties):  # noqa: N802, PLR0917  # UNO's name and arguments
        harmless = (
            PropertyValue(Name="Hidden", Value=True),
            PropertyValue(Name="UpdateDocMode", Value=0),
            PropertyValue(Name="MacroExecutionMode", Value=0),
        )
        try:
            document = self._desktop.loadComponentFromURL(url, target, flags, tuple(properties) + harmless)
        except DisposedException:
            raise
        except (UnoException, IllegalArgumentException) as error:
            raise Refused(getattr(error, "Message", "")) from error
        if document is None:
            raise Refused("")
        return document


def converter_class(path):
    """unoserver's converter over a pipe of ours; its own class connects by TCP, where any program of the machine could join."""
    spec = importlib.util.spec_from_file_location("unoserver_converter", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Converter(module.UnoConverter):
        def __init__(self, context):
            self.context = context
            self.service = context.ServiceManager
            self.desktop = Desktop(self._create("com.sun.star.frame.Desktop"))
            self.filter_service = self._create("com.sun.star.document.FilterFactory")
            self.type_service = self._create("com.sun.star.document.TypeDetection")
            self.temp_dir = None
            self._export_filters = None
            self._import_filters = None

        def _create(self, service):
            return self.service.createInstanceWithContext(service, self.context)

    return Converter


def say(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def reachable(task):
    """What of the outside can be reached from here."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        connected = ["socket"] if probe.connect_ex("\0" + task["socket"]) == 0 else []
    return [path for path in task["secrets"] if os.path.exists(path)] + connected  # noqa: PTH110


def start(task):
    """A soffice that dies with this process, whatever kills it."""
    home = task["home"]
    command = [
        task["program"] + "/soffice.bin",
        "--headless",
        "--invisible",
        "--nologo",
        "--nodefault",
        "--norestore",
        "--nofirststartwizard",
        "-env:UserInstallation=" + uno.systemPathToFileUrl(home + "/profile"),
        "-env:UNO_JAVA_JFW_USER_DATA=" + uno.systemPathToFileUrl(task["profile"] + "/java.xml"),
        "--accept=pipe,name=" + task["name"] + ";urp;StarOffice.ComponentContext",
    ]
    libc = ctypes.CDLL(None)

    def with_us():
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    nowhere = subprocess.DEVNULL
    # No thread runs yet, so something may run between fork and exec.
    return subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, cwd=home, preexec_fn=with_us)  # noqa: PLW1509


def connect(task):
    """LibreOffice's process and its component context, as soon as it answers."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    office, restarts = start(task), 0
    while True:
        try:
            return office, resolver.resolve("uno:pipe,name=" + task["name"] + ";urp;StarOffice.ComponentContext")
        except NoConnectException:
            if office.poll() == RESTART and restarts < 2:
                office, restarts = start(task), restarts + 1
            elif office.poll() is not None:
                sys.exit(f"soffice.bin ended with status {office.returncode}")
            # Nothing is sent before we are ready: a readable stdin means that the other side is gone.
            if select.select([0], [], [], 0.01)[0]:
                end(office, [], task["litter"])


def pipes(pid):
    """The Unix sockets that a process is bound to: SIGKILL leaves their names in /tmp."""
    own = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        try:
            own.add(os.readlink(entry.path))  # noqa: PTH115
        except OSError:
            continue
    rows = [row.split() for row in Path("/proc/net/unix").read_text().splitlines()]
    return sorted({row[7] for row in rows if len(row) == 8 and row[7].startswith("/") and f"socket:[{row[6]}]" in own})


def end(office, left, litter):
    """End at once, with LibreOffice and whatever it started, and remove what they leave."""
    office.kill()
    office.wait()
    for path in left:
        Path(path).unlink(missing_ok=True)
    if litter:
        shutil.rmtree(litter, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def read_jobs(jobs, when_gone):
    """Pass the jobs on; the main thread may be deep in LibreOffice when the other side goes."""
    for line in sys.stdin:
        jobs.put(json.loads(line))
    when_gone()


def convert(converter, folder, job):
    """Make one PDF. Whatever fails after the file was opened ends this process: the other side then tries once more with a new one."""
    try:
        converter.convert(inpath=folder + "/" + job["from"], outpath=folder + "/" + job["to"], infiltername=job["filter"])
    except Refused as error:
        converter.uno_info()  # raises where it was no refusal but LibreOffice's end
        return {"refused": str(error)}
    return {"made": True}


def main():
    task = json.loads(sys.argv[1])
    say(reached=reachable(task))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    user = Path(task["home"], "profile", "user")
    user.mkdir(parents=True)
    shutil.copyfile(task["profile"] + "/profile.xcu", user / "registrymodifications.xcu")
    office, context = connect(task)
    converter = converter_class(task["converter"])(context)
    left = pipes(office.pid) if task["litter"] else []
    say(version=converter.uno_info(), pipes=left)
    jobs = queue.Queue()
    threading.Thread(target=read_jobs, args=(jobs, lambda: end(office, left, task["litter"])), daemon=True).start()
    while True:
        say(**convert(converter, task["jobs"], jobs.get()))


if __name__ == "__main__":
    try:
        main()
    except BaseException:  # noqa: BLE001  # the last door
        traceback.print_exc()
        sys.stderr.flush()
        # Not sys.exit: it waits for UNO's threads, and they may wait for a LibreOffice that is gone.
        os._exit(1)

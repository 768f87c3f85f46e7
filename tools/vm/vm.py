# SPDX-License-Identifier: GPL-2.0
"""A VM: QEMU with one of our kernels, the initramfs and a job to do in it."""
import fcntl
import gzip
import os
import selectors
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

from common import LINUX, ROOT, die

# Those that are not for x86-64, and their machine's name
MACHINE_OF = {"arm64": "aarch64"}

CPUS = ["-smp", "2"]
# Read only: in the VM everything runs as root, and on a kernel that may be broken
SHARE = ["-device", "virtio-9p-pci,fsdev=share,mount_tag=share", "-fsdev",
         "local,id=share,security_model=none,readonly=on,path="]
# One CPU whose time stamp counter counts the instructions that it executed
COUNTING_CPU = ["-smp", "1", "-icount", "shift=0"]
# What tests ask for: machines with an IOMMU and a NIC behind it, and without the emulated
# platform. The IOMMUs are without interrupt remapping, which iommufd has to be told that it
# is fine.
HOST_CMDLINE = (" module_blacklist=tsm_emu iommufd.allow_unsafe_interrupts=1"
                " TSM_TEST_FUNCTION=0000:00:10.0")
NIC = ["-device", "e1000e,addr=10"]
MACHINES = {
    "vt-d": {"devices": ["-device", "intel-iommu", *NIC],
             "cmdline": HOST_CMDLINE + " intel_iommu=on"},
    "amd-vi": {"devices": ["-device", "amd-iommu", *NIC],
               "cmdline": HOST_CMDLINE},
    "smmu-v3": {"devices": ["-machine", "iommu=smmuv3", *NIC],
                "cmdline": HOST_CMDLINE},
    # With a name of which QEMU could take a part for an option
    "shared": {"share": os.path.join(ROOT, "tools", "vm", "share,readonly=off")},
}
# allnoconfig turns KUnit off unless it is told. An oops keeps the locks of who had it:
# what waits for them would be waited for until the time of the test is over.
CMDLINE = "panic_on_warn=1 oops=panic panic=-1 kunit.enable=1 kunit.autorun=1 hugepages=256"


def run_dir(config):
    return os.path.join(ROOT, "build", "run", config)


def claim(config):
    """Wait until nobody else runs VMs of this kernel, whose logs would get mixed up.
    Holds until the file that this returns is closed."""
    kernel_image(config)
    lock = open(run_dir(config) + ".lock", "w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("  WAIT      for another VM of the %s kernel" % config, flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def kselftest_dir(config):
    """Where the test programs for its machine are installed."""
    suffix = "-" + config if config in MACHINE_OF else ""
    return os.path.join(ROOT, "build", "userspace" + suffix, "kselftest")


def shown(path):
    return os.path.relpath(path, ROOT)


def image_path(config):
    image = "arm64/boot/Image" if config in MACHINE_OF else "x86/boot/bzImage"
    return os.path.join(LINUX, ".o-" + config, "arch", image)


def kernel_image(config):
    path = image_path(config)
    for needed in (path, os.path.join(run_dir(config), "initramfs.gz")):
        if not os.path.exists(needed):
            die("there is no %s" % shown(needed), "run `make kernel CONFIG=%s`" % config)
    return path


def add_to_initramfs(config, files):
    """Return the path of an initramfs that has some more files, of name: text or bytes."""
    path = os.path.join(run_dir(config), "initramfs-job.gz")
    with tempfile.TemporaryDirectory(dir=run_dir(config)) as stage:
        for name, text in files.items():
            with open(os.path.join(stage, name), "wb") as f:
                f.write(text if isinstance(text, bytes) else text.encode())
        names = "\n".join(sorted(files)) + "\n"
        archive = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=stage, check=True,
                                 input=names.encode(), capture_output=True).stdout
    with open(os.path.join(run_dir(config), "initramfs.gz"), "rb") as base, open(path, "wb") as out:
        shutil.copyfileobj(base, out)
        out.write(gzip.compress(archive, 1))
    return path


def qemu_conf(config):
    """The variables of the selftests' description of the VM, a file for the shell: which
    machine, and why that one."""
    path = os.path.join(LINUX, "tools", "testing", "selftests", "tsm",
                        MACHINE_OF.get(config, "x86_64") + ".conf")
    try:
        with open(path, encoding="utf-8") as f:
            words = shlex.split(f.read(), comments=True)
    except FileNotFoundError:
        die("there is no %s" % shown(path), "run `make assemble`")
    return dict(word.split("=", 1) for word in words)


def command(config, initrd, serials, cmdline="", cpus=CPUS, devices=(), share=None):
    """share is a directory that the VM has at /share."""
    conf = qemu_conf(config)
    qemu = conf["QEMU_CMD"].split()
    if not shutil.which(qemu[0]):
        die("there is no %s" % qemu[0], "run `tools/vm/setup`, or install QEMU 7.2 or later")
    if share:
        # A comma ends an option of QEMU's unless it is doubled
        devices = [*devices, *SHARE[:-1], SHARE[-1] + share.replace(",", ",,")]
        cmdline += " share=1"
    return [*qemu, *cpus, *devices, *serials, "-kernel", kernel_image(config), "-initrd", initrd,
            "-append", "%s %s%s" % (conf["KERNEL_CMDLINE"], CMDLINE, cmdline)]


def interactive(config, console, share=None):
    """Run QEMU with the terminal on the VM's console."""
    size = shutil.get_terminal_size()
    serials = ["-chardev", "stdio,id=tty,mux=on,signal=off,logfile=" + console,
               "-mon", "chardev=tty", "-serial", "chardev:tty"]
    initrd = os.path.join(run_dir(config), "initramfs.gz")
    args = command(config, initrd, serials, " quiet winsize=%dx%d" % (size.lines, size.columns),
                   share=share)
    sys.stdout.flush()
    qemu = subprocess.run(args, stderr=subprocess.PIPE, check=False)
    if qemu.returncode:
        die("QEMU failed:", *said(qemu.stderr.decode(errors="replace")))


def said(errors):
    """QEMU's complaints, but for those about each CPU feature that TCG has not."""
    return [line for line in errors.splitlines() if "TCG doesn't support" not in line]


class Timeout(Exception):
    pass


class Vm:
    """A VM that does a job. What the job prints on its own serial port is read by readline(); the
    kernel's messages go to the file console. machine is of command()."""

    def __init__(self, config, files, console, **machine):
        self.console = console
        self.errors = console.replace("console", "qemu")
        self.buffer = b""
        self.started = time.monotonic()
        serials = ["-monitor", "none", "-serial", "file:" + console,
                   *qemu_conf(config)["QEMU_JOB"].split()]
        args = command(config, add_to_initramfs(config, files), serials, **machine)
        with open(console, "wb"), open(self.errors, "wb") as errors:
            self.qemu = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=errors)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.qemu.stdout, selectors.EVENT_READ)

    def readline(self, deadline):
        """Next line; None when the VM is gone; raises Timeout."""
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not self.selector.select(left):
                raise Timeout
            data = os.read(self.qemu.stdout.fileno(), 65536)
            if not data:
                return None
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r").decode(errors="replace")

    def messages(self, start=0, last=None):
        """The console from a position on, and the position after it. With last, up to
        the line that has this text."""
        with open(self.console, "rb") as f:
            f.seek(start)
            data = f.read()
        if last and last.encode() in data:
            head, found, tail = data.partition(last.encode())
            data = head + found + tail.partition(b"\n")[0] + b"\n"
        return data.decode(errors="replace").replace("\r", ""), start + len(data)

    def last_words(self):
        """For when it is lost: the end of the console, and what QEMU has to say."""
        with open(self.errors, encoding="utf-8", errors="replace") as f:
            return self.messages()[0].rstrip().split("\n")[-50:] + said(f.read())

    def stop(self):
        """Give it a moment to power off, then end it."""
        try:
            self.qemu.wait(10)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def kill(self):
        self.qemu.kill()
        self.qemu.wait()
        self.selector.close()
        self.qemu.stdout.close()

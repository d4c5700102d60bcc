# The steps that banger does with Firecracker, done bare, the conversation with the guest included: prints how long each took.
# Arguments: kernel, initrd, the directory with vda vdb vdc vdd, the command line, a tap. Works in the current directory.
import base64, os, socket, subprocess, sys, time

kernel, initrd, disks, command_line, tap = sys.argv[1:]
now = time.monotonic
NONCE = "0123456789abcdef" * 2


def figure(what, seconds):
    print("figure: bare, %s: %d ms" % (what, seconds * 1000), flush=True)


class Bare:
    """One Firecracker process, from before its start."""

    def __init__(self):
        for name in ("api.sock", "v.sock", "v.sock_1"):
            if os.path.exists(name):
                os.unlink(name)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind("v.sock_1")
        self.server.listen(4)
        self.server.settimeout(300)
        self.vmm = subprocess.Popen(["firecracker", "--api-sock", "api.sock", "--level", "Error"],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.api = socket.socket(socket.AF_UNIX)
        while self.api.connect_ex("api.sock") != 0:
            time.sleep(0.002)
        self.api.settimeout(300)

    def call(self, method, path, body):
        body = body.replace("'", '"')
        self.api.sendall(("%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                          % (method, path, len(body), body)).encode())
        answer = self.api.recv(65536).decode()
        if " 204 " not in answer.split("\r\n")[0]:
            sys.exit(path + ": " + answer)

    def greet(self):
        self.control = self.server.accept()[0]
        self.control.settimeout(300)
        self.lines = self.control.makefile("r", newline="\n")
        self.say("\0host " + NONCE + " 1")
        self.hear("hello " + NONCE)

    def say(self, line):
        self.control.sendall(line.encode() + b"\n")

    def hear(self, beginning):
        while not self.lines.readline().lstrip("\0").startswith(beginning):
            pass

    def request(self, path, body):
        stream = socket.socket(socket.AF_UNIX)
        stream.settimeout(300)
        stream.connect("v.sock")
        stream.sendall(b"CONNECT 10\n")
        answer = stream.makefile("rb")
        if not answer.readline().startswith(b"OK "):
            sys.exit("the vsock refuses")
        stream.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (path, len(body), body))
        head = answer.readline()
        while answer.readline().strip():
            pass
        return stream, answer, head

    def configure(self):
        text = ("id=0123456789ab\nmachine-id=%s\nhostname=bare\naddress=172.16.0.2/24\ngateway=172.16.0.1\nmac=02:00:00:00:00:01\n"
                "time=%d\nseed=%s\n" % (NONCE, time.time_ns(), NONCE * 2)).encode()
        archive = member("banger.conf", 0o100600, text) + member("TRAILER!!!", 0, b"")
        head = self.request(b"/configure", archive)[2]
        if b" 200 " not in head:
            sys.exit("configure: %s" % head)
        self.hear("ready")

    def execute(self, *words):
        stream, answer, head = self.request(b"/exec", b"".join(b"arg=" + base64.b64encode(w.encode()) + b"\n" for w in words))
        kind = 0
        while kind != 5:
            frame = answer.read(4)
            kind = frame[0]
            answer.read(int.from_bytes(frame[1:], "big"))
        stream.close()

    def pss(self, when):
        with open("/proc/%d/smaps_rollup" % self.vmm.pid) as file:
            print("figure: bare, %s: %s kB PSS" % (when, [l.split()[1] for l in file if l.startswith("Pss:")][0]), flush=True)

    def end(self):
        self.vmm.kill()
        self.vmm.wait()
        self.server.close()
        self.api.close()


def member(name, mode, content):
    fields = (1, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0"
    return head + b"\0" * (-len(head) % 4) + content + b"\0" * (-len(content) % 4)


began = now()
machine = Bare()
machine.call("PUT", "/machine-config", "{'vcpu_count':1,'mem_size_mib':256}")
machine.call("PUT", "/boot-source", "{'kernel_image_path':'%s','initrd_path':'%s','boot_args':'%s'}" % (kernel, initrd, command_line))
for name in ("vda", "vdb", "vdc", "vdd"):
    machine.call("PUT", "/drives/" + name, "{'drive_id':'%s','path_on_host':'%s/%s','is_root_device':false,'is_read_only':%s}"
                 % (name, disks, name, "true" if name in ("vda", "vdd") else "false"))
machine.call("PUT", "/network-interfaces/eth0", "{'iface_id':'eth0','host_dev_name':'%s','guest_mac':'02:00:00:00:00:01'}" % tap)
machine.call("PUT", "/vsock", "{'guest_cid':3,'uds_path':'v.sock'}")
machine.call("PUT", "/entropy", "{}")
machine.call("PUT", "/actions", "{'action_type':'InstanceStart'}")
started = now()
figure("spawn until it runs", started - began)
machine.greet()
machine.configure()
figure("from there to ready", now() - started)
# Until then what it has in memory depends on when it is looked at.
machine.execute("sh", "-c", "systemctl is-system-running --wait; true")
machine.pss("booted and settled")
generation = 0
for i in range(3):
    saving = now()
    generation += 1
    machine.say("prepare-save %d" % generation)
    machine.hear("quiesced")
    machine.say("freeze %d" % generation)
    machine.hear("frozen")
    figure("quiesce and freeze", now() - saving)
    saving = now()
    machine.call("PATCH", "/vm", "{'state':'Paused'}")
    machine.call("PUT", "/snapshot/create", "{'snapshot_type':'Full','snapshot_path':'state','mem_file_path':'memory'}")
    figure("pause and snapshot", now() - saving)
    machine.end()
    began = now()
    machine = Bare()
    machine.call("PUT", "/snapshot/load", "{'snapshot_path':'state','mem_backend':{'backend_type':'File','backend_path':'memory'},"
                 "'resume_vm':false}")
    loaded = now()
    figure("spawn and load", loaded - began)
    machine.call("PATCH", "/vm", "{'state':'Resumed'}")
    machine.greet()
    generation += 1
    machine.say("resumed %d resume %d %s" % (generation, time.time_ns(), NONCE * 2))
    machine.hear("state")
    figure("from there to ready again", now() - loaded)
    machine.execute("true")
    figure("and to its first exec", now() - loaded)
    machine.pss("continued and used")
    os.rename("memory", "memory.used")
    os.rename("state", "state.used")
machine.end()

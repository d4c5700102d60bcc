# Speaks for the owner to the launcher's socket: start, again, kill or forget his only VM. After "start" it configures the
# jailed Firecracker through the socket in the chroot and prints what the guest says first.
import glob, os, socket, sys, time

state = os.environ["HOME"] + "/.local/state/banger"
vm = os.path.basename(glob.glob(state + "/vms/*")[0])
shown = "/srv/banger/jails/firecracker/%s/vm" % vm


def ask(line):
    launcher = socket.socket(socket.AF_UNIX)
    launcher.settimeout(120)
    launcher.connect("/run/banger-vm.sock")
    launcher.sendall(line.encode() + b"\n")
    return launcher.makefile().readline().strip()


def start():
    image = os.path.basename(glob.glob(state + "/images/*")[0])
    kernel = os.path.basename(glob.glob(state + "/kernels/*")[0])
    initrd = glob.glob(state + "/kernels/*/initrd-*.img")[0].rsplit("initrd-", 1)[1].removesuffix(".img")
    return ask("start %s %s %s %s" % (vm, image, kernel, initrd))


def call(api, path, body):
    body = body.replace("'", '"')
    api.sendall(("PUT %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                 % (path, len(body), body)).encode())
    answer = api.recv(65536).decode()
    if " 204 " not in answer.split("\r\n")[0]:
        sys.exit(path + ": " + answer)


verb = sys.argv[1]
if verb == "again":
    print(start())
elif verb != "start":
    print(ask(verb + " " + vm))
else:
    print(start())
    os.chdir(shown)
    control = socket.socket(socket.AF_UNIX)
    control.bind("v.sock_1")
    os.chmod("v.sock_1", 0o666)
    control.listen(1)
    control.settimeout(300)
    api = socket.socket(socket.AF_UNIX)
    until = time.monotonic() + 120
    while api.connect_ex("api.sock") != 0 and time.monotonic() < until:
        time.sleep(0.01)
    api.settimeout(120)
    call(api, "/machine-config", "{'vcpu_count':1,'mem_size_mib':256}")
    call(api, "/boot-source", "{'kernel_image_path':'/vm/kernel','initrd_path':'/vm/initrd','boot_args':"
         "'console=ttyS0 quiet reboot=k panic=1 net.ifnames=0 i8042.noaux i8042.nomux i8042.dumbkbd'}")
    for name in ("vda", "vdb", "vdc", "vdd"):
        call(api, "/drives/" + name, "{'drive_id':'%s','path_on_host':'/vm/%s','is_root_device':false,'is_read_only':%s}"
             % (name, name, "true" if name in ("vda", "vdd") else "false"))
    call(api, "/vsock", "{'guest_cid':3,'uds_path':'/vm/v.sock'}")
    call(api, "/actions", "{'action_type':'InstanceStart'}")
    guest = control.accept()[0]
    guest.settimeout(120)
    guest.sendall(b"\0host " + b"0123456789abcdef" * 2 + b" 1\n")
    print(guest.makefile().readline().strip("\0\n"))

# The steps that banger does with Firecracker, done bare: prints how long each took. Arguments: kernel, initrd, the
# directory with vda vdb vdc vdd, the command line. Works in the current directory.
import os, socket, subprocess, sys, time

kernel, initrd, disks, command_line = sys.argv[1:]
now = time.monotonic


def begin():
    """Starts a Firecracker: its process, its API, the socket that the guest connects to, and when it began."""
    for name in ("api.sock", "v.sock", "v.sock_1"):
        if os.path.exists(name):
            os.unlink(name)
    control = socket.socket(socket.AF_UNIX)
    control.bind("v.sock_1")
    control.listen(4)
    control.settimeout(120)
    began = now()
    vmm = subprocess.Popen(["firecracker", "--api-sock", "api.sock", "--level", "Error"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    api = socket.socket(socket.AF_UNIX)
    while api.connect_ex("api.sock") != 0:
        time.sleep(0.002)
    api.settimeout(120)
    return vmm, api, control, began


def call(api, method, path, body):
    body = body.replace("'", '"')
    api.sendall(("%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                 % (method, path, len(body), body)).encode())
    answer = api.recv(65536).decode()
    if " 204 " not in answer.split("\r\n")[0]:
        sys.exit(path + ": " + answer)


def connected(control):
    return control.accept()[0]


def figure(what, since):
    print("figure: bare, %s: %.3f s" % (what, now() - since))


vmm, api, control, began = begin()
call(api, "PUT", "/machine-config", "{'vcpu_count':1,'mem_size_mib':256}")
call(api, "PUT", "/boot-source", "{'kernel_image_path':'%s','initrd_path':'%s','boot_args':'%s'}" % (kernel, initrd, command_line))
for name in ("vda", "vdb", "vdc", "vdd"):
    call(api, "PUT", "/drives/" + name, "{'drive_id':'%s','path_on_host':'%s/%s','is_root_device':false,'is_read_only':%s}"
         % (name, disks, name, "true" if name in ("vda", "vdd") else "false"))
call(api, "PUT", "/vsock", "{'guest_cid':3,'uds_path':'v.sock'}")
call(api, "PUT", "/entropy", "{}")
started = now()
call(api, "PUT", "/actions", "{'action_type':'InstanceStart'}")
guest = connected(control)
figure("InstanceStart to the agent's connection", started)
figure("spawn to the agent's connection", began)
saving = now()
call(api, "PATCH", "/vm", "{'state':'Paused'}")
call(api, "PUT", "/snapshot/create", "{'snapshot_type':'Full','snapshot_path':'state','mem_file_path':'memory'}")
figure("pause and snapshot of 256 MiB", saving)
vmm.kill()
vmm.wait()
control.close()
for i in range(3):
    vmm, api, control, began = begin()
    call(api, "PUT", "/snapshot/load", "{'snapshot_path':'state','mem_backend':{'backend_type':'File','backend_path':'memory'},'resume_vm':true}")
    figure("spawn, load and resume", began)
    with open("/proc/%d/smaps_rollup" % vmm.pid) as file:
        print("figure: bare, " + " ".join([l for l in file if l.startswith("Pss:")][0].split()))
    vmm.kill()
    vmm.wait()
    control.close()

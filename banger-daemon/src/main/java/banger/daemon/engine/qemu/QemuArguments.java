package banger.daemon.engine.qemu;

import banger.daemon.disk.DiskChain.Format;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.Memory;
import banger.daemon.engine.Shim;
import java.util.ArrayList;
import java.util.List;

/**
 * The argument vector: one fixed machine skeleton, because a saved state only loads into the machine
 * it was saved from. Changing anything here voids every saved state: raise {@link #VERSION} with it.
 */
final class QemuArguments {
    /** Of the skeleton; part of the key of everything saved. */
    static final int VERSION = 2;

    /** A versioned machine type; the plain names mean another machine with each QEMU. */
    static final String MACHINE = "pc-q35-7.2";

    static final String CONTROL_SOCKET = "control.sock";
    static final String STREAMS_SOCKET = "streams.sock";
    static final String QMP_SOCKET = "qmp.sock";
    /** Where a saved state leaves QEMU, and where it comes in. */
    static final String SAVE_SOCKET = "save.sock";

    static final String LOAD_SOCKET = "load.sock";
    static final List<String> SOCKETS = List.of(CONTROL_SOCKET, STREAMS_SOCKET, QMP_SOCKET, SAVE_SOCKET, LOAD_SOCKET);

    /** The tap's descriptor, opened by the shim. */
    private static final int TAP_DESCRIPTOR = 3;

    /** Memory's, opened by the shim. */
    private static final String PLACE = "/proc/self/fd/" + Shim.MEMORY_DESCRIPTOR;

    private static final int TRANSLATION_CACHE_MIB = 128;

    private QemuArguments() {}

    /** The same machine, waiting to be told of a saved state and then stopped. */
    static List<String> incoming(String program, Accelerator accelerator, BootSpec spec) {
        var a = of(program, accelerator, spec);
        a.addAll(List.of("-S", "-incoming", "defer"));
        return a;
    }

    /** One id whatever it is: a state saved over one kind loads over another. */
    private static String memory(BootSpec spec) {
        var size = "id=ram,size=" + spec.memoryMib() + "M";
        return switch (spec.memory()) {
            case Memory.Own _ -> "memory-backend-ram," + size;
            case Memory.Recorded _ -> "memory-backend-file," + size + ",share=on,mem-path=" + PLACE;
            case Memory.Mapped _ -> "memory-backend-file," + size + ",share=off,mem-path=" + PLACE;
        };
    }

    static List<String> of(String program, Accelerator accelerator, BootSpec spec) {
        var a = new ArrayList<String>();
        a.add(program);
        a.addAll(List.of("-nodefaults", "-no-user-config", "-no-reboot"));
        a.addAll(List.of("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"));
        a.addAll(List.of("-machine", MACHINE + ",memory-backend=ram,usb=off,vmport=off,smbus=off,sata=off"));
        a.addAll(List.of(
                "-accel",
                accelerator == Accelerator.TCG ? "tcg,thread=multi,tb-size=" + TRANSLATION_CACHE_MIB : "kvm"));
        a.addAll(List.of("-cpu", accelerator.cpu()));
        a.addAll(List.of("-smp", Integer.toString(spec.vcpu())));
        a.addAll(List.of("-m", spec.memoryMib() + "M"));
        a.addAll(List.of("-object", memory(spec)));
        a.addAll(List.of("-display", "none", "-rtc", "base=utc,clock=host"));
        a.addAll(List.of(
                "-kernel", "kernel", "-initrd", "initrd", "-append", spec.commandLine() + accelerator.commandLine()));
        a.addAll(List.of("-chardev", "stdio,id=console,signal=off", "-device", "isa-serial,chardev=console"));
        a.addAll(List.of("-qmp", "unix:" + QMP_SOCKET + ",server=on,wait=off"));
        a.addAll(List.of("-device", "virtio-serial-pci,id=serial,addr=0x2,max_ports=4"));
        port(a, 1, "control", CONTROL_SOCKET);
        port(a, 2, "streams", STREAMS_SOCKET);
        drive(a, "vda", 0x3, true);
        writable(a, "vdb", 0x4, spec);
        writable(a, "vdc", 0x5, spec);
        drive(a, "vdd", 0x6, true);
        a.addAll(List.of(
                "-object", "rng-random,id=entropy,filename=/dev/urandom",
                "-device", "virtio-rng-pci,rng=entropy,addr=0x7"));
        if (spec.placement().tap().isPresent())
            a.addAll(List.of(
                    "-netdev", "tap,id=net,fd=" + TAP_DESCRIPTOR,
                    "-device", "virtio-net-pci,netdev=net,mac=" + spec.mac() + ",addr=0x8,romfile="));
        return a;
    }

    private static void port(List<String> a, int number, String name, String socket) {
        a.addAll(List.of(
                "-chardev", "socket,id=" + name + ",path=" + socket + ",server=on,wait=off",
                "-device", "virtserialport,nr=" + number + ",chardev=" + name + ",name=banger." + name));
    }

    private static void writable(List<String> a, String name, int address, BootSpec spec) {
        var chain = spec.disks().stream()
                .flatMap(d -> d.both().stream())
                .filter(c -> c.drive().equals(name) && c.format() != Format.RAW)
                .findFirst();
        if (chain.isEmpty()) drive(a, name, address, false);
        else QemuLayers.drive(a, chain.get(), device(name, address));
    }

    private static String device(String name, int address) {
        return String.format("virtio-blk-pci,drive=%s,serial=%s,addr=0x%x", name, name, address);
    }

    private static void drive(List<String> a, String name, int address, boolean readOnly) {
        var cache = readOnly ? "" : ",discard=unmap,detect-zeroes=unmap";
        a.addAll(List.of(
                "-drive",
                "if=none,id=" + name + ",file=" + name + ",format=raw,read-only=" + (readOnly ? "on" : "off")
                        + ",cache=writeback" + cache,
                "-device",
                device(name, address)));
    }
}

package banger.daemon.engine.qemu;

/** What runs the guest's instructions. */
public enum Accelerator {
    KVM("kvm", "host", ""),
    /**
     * A named model: a saved state must find the same CPU again. Nehalem is x86-64-v2. The test lab says
     * another with the system property {@code banger.emulated-cpu}: one that has SVM.
     *
     * <p>The guest's kernel leaves out what costs an emulator most and protects nothing under it
     * (docs/adr/0024-emulated-kernel.md): the mitigations of a real processor's flaws, and a program's random addresses,
     * for each of which an emulator translates the program's code again.
     */
    TCG("tcg", System.getProperty("banger.emulated-cpu", "Nehalem"), " mitigations=off norandmaps");

    private final String word;
    private final String cpu;
    private final String commandLine;

    Accelerator(String word, String cpu, String commandLine) {
        this.word = word;
        this.cpu = cpu;
        this.commandLine = commandLine;
    }

    /**
     * Whether none of the guest's writes is missed while its memory is saved under it. The emulator knows of a page's first write,
     * and sometimes not of one in the moment in which it begins anew to look for them: 1 of 83 saves of a busy guest lacked one
     * (docs/adr/0031-live-copies.md).
     */
    boolean tracksWrites() {
        return this == KVM;
    }

    String word() {
        return word;
    }

    String cpu() {
        return cpu;
    }

    /** What the guest kernel's command line has more under this one; with its blank, or empty. */
    String commandLine() {
        return commandLine;
    }
}

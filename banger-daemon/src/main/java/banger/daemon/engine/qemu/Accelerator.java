package banger.daemon.engine.qemu;

/** What runs the guest's instructions. */
public enum Accelerator {
    KVM("kvm", "host"),
    /**
     * A named model: a saved state must find the same CPU again. Nehalem is x86-64-v2. The test lab says
     * another with the system property {@code banger.emulated-cpu}: one that has SVM.
     */
    TCG("tcg", System.getProperty("banger.emulated-cpu", "Nehalem"));

    private final String word;
    private final String cpu;

    Accelerator(String word, String cpu) {
        this.word = word;
        this.cpu = cpu;
    }

    String word() {
        return word;
    }

    String cpu() {
        return cpu;
    }
}

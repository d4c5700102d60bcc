package banger.cli;

/** What one wants after a command: the last line of its help page. */
final class ReadNext {
    private ReadNext() {}

    /** @return commands that run as they stand once the names are put in; empty: nothing suggests itself */
    static String after(String path) {
        return switch (path) {
            case "vm run" -> "banger vm diff NAME; banger vm pull NAME; banger help start";
            case "vm create" -> "banger vm start NAME; banger vm ssh NAME";
            case "vm start", "vm restart", "vm resume" -> "banger vm ssh NAME; banger vm exec NAME -- COMMAND";
            case "vm stop", "vm kill" -> "banger vm start NAME; banger vm delete NAME";
            case "vm pause" -> "banger vm resume NAME; banger vm suspend NAME frees its memory too";
            case "vm suspend" -> "banger vm start NAME goes on where it was";
            case "vm snapshot" -> "banger vm restore NAME NUMBER; banger snapshot list NAME";
            case "vm restore" -> "banger snapshot list NAME";
            case "vm undo", "vm timeline" -> "banger vm exec --checkpoint NAME -- COMMAND";
            case "vm fork" -> "banger vm exec NAME -- COMMAND; banger vm delete NAME";
            case "snapshot list", "snapshot show" -> "banger vm restore NAME NUMBER; banger snapshot rm NAME NUMBER";
            case "snapshot rm", "template rm", "template prune" -> "banger vm prune";
            case "template list", "template show" -> "banger template build; banger template prune";
            case "env list", "env show" -> "banger env prune; banger env rm ID";
            case "env build", "env approve" -> "banger vm run . -- COMMAND";
            case "env init" -> "banger vm run . -- COMMAND sets it up; look at .banger.toml first";
            case "env rm", "env prune" -> "banger vm df";
            case "template build" -> "banger vm run --warm";
            case "vm delete", "vm prune" -> "banger vm pull NAME first, when there is work in it";
            case "vm df" -> "banger vm prune; banger env prune; banger template prune; banger image cache prune";
            case "vm set" -> "banger vm restart NAME";
            case "vm list" -> "banger vm show NAME; banger vm stats";
            case "vm show", "vm stats" -> "banger vm logs NAME";
            case "vm logs" -> "banger doctor; banger daemon logs";
            case "vm exec" -> "banger vm diff NAME; banger vm ssh NAME";
            case "vm ssh" -> "banger vm exec NAME -- COMMAND for scripts: exact arguments, exact output";
            case "vm diff" -> "banger vm pull NAME --branch work";
            case "vm pull" -> "banger vm delete NAME";
            case "vm workspace prepare" -> "banger vm exec NAME -- COMMAND runs in it; banger vm diff NAME";
            case "vm workspace export" -> "git am FILE, or git apply FILE, in the repository";
            case "image list", "image show" -> "banger vm run --image NAME";
            case "image pull", "image register", "image promote" -> "banger vm run --image NAME; banger image list";
            case "image delete" -> "banger image cache prune";
            case "kernel list", "kernel show" -> "banger kernel pull NAME";
            case "kernel pull", "kernel import" -> "banger vm run -- uname -r";
            case "engine list" -> "banger vm run --engine NAME; banger doctor";
            case "doctor" -> "banger engine list; banger daemon status";
            case "daemon status", "daemon socket" -> "banger daemon logs";
            case "daemon logs" -> "banger doctor";
            case "daemon stop" -> "the next command starts it again; VMs go on running";
            default -> "";
        };
    }
}

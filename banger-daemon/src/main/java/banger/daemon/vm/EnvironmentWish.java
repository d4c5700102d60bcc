package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.model.EnvironmentSpec;
import java.util.List;

/** What a client may ask for as an environment. */
final class EnvironmentWish {
    private static final int MOST = 256;
    private static final int LONGEST = 16 * 1024;

    private EnvironmentWish() {}

    /** @throws BangerException {@code usage} */
    static void check(EnvironmentSpec spec, BootMode mode, boolean start) {
        if (!start) throw usage("an environment is for a VM that is started");
        if (mode != BootMode.AUTO) throw usage("an environment is for a VM that may continue from it: boot auto");
        path("repository", spec.repository());
        path("guestPath", spec.guestPath());
        if (spec.setup().isEmpty()) throw usage("setup: no command");
        texts("setup", spec.setup());
        texts("files", spec.files());
        if (!spec.digest().matches("[0-9a-f]{64}")) throw usage("digest: must be 64 hexadecimal digits");
    }

    private static void path(String what, String path) {
        if (!path.startsWith("/") || path.length() > 4096 || path.indexOf(0) >= 0)
            throw usage(what + " " + Printable.quote(path) + ": must be an absolute path");
    }

    private static void texts(String what, List<String> texts) {
        if (texts.size() > MOST) throw usage(what + ": more than " + MOST);
        for (var text : texts)
            if (text.isEmpty() || text.length() > LONGEST || text.indexOf(0) >= 0)
                throw usage(what + ": each must have 1 to " + LONGEST + " characters, and no NUL");
    }

    private static BangerException usage(String fact) {
        return new BangerException(ErrorCode.USAGE, "environment: " + fact);
    }
}

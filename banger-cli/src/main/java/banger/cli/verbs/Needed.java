package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.cli.Invocation;

/** Flags that a command cannot do without. */
final class Needed {
    private Needed() {}

    static String value(Invocation i, String path, String flag) {
        return i.value(flag)
                .orElseThrow(() -> new BangerException(
                        ErrorCode.USAGE, path + ": " + flag + " is missing", "banger " + path + " --help"));
    }
}

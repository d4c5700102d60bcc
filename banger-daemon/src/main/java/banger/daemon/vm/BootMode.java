package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import java.util.Optional;

/** How a VM that nobody has booted yet comes up. */
public enum BootMode {
    /** From a template when one fits, else it boots. */
    AUTO,
    /** It boots. */
    COLD,
    /** From a template, or it is an error. */
    WARM;

    /** @throws BangerException {@code usage} */
    public static BootMode of(Optional<String> word) {
        return switch (word.orElse("auto")) {
            case "auto" -> AUTO;
            case "cold" -> COLD;
            case "warm" -> WARM;
            default ->
                throw new BangerException(
                        ErrorCode.USAGE,
                        "boot " + Printable.quote(word.orElse("")) + ": must be one of auto, cold, warm");
        };
    }
}

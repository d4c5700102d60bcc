package banger.daemon.http;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.ErrorInfo;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place that turns what was thrown into what a client is told. */
final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    private final Path log;

    Failures(Path log) {
        this.log = log;
    }

    ErrorInfo describe(Throwable thrown, String operation) {
        if (thrown instanceof BangerException e && e.code() != ErrorCode.INTERNAL) {
            LOG.atInfo()
                    .addKeyValue("op", operation)
                    .addKeyValue("code", e.code().code())
                    .setCause(e.getCause())
                    .log(e.fact());
            return new ErrorInfo(e.code().code(), e.fact(), e.remedies(), operation);
        }
        LOG.atError().addKeyValue("op", operation).setCause(thrown).log("internal error");
        var fact = thrown instanceof BangerException e ? e.fact() : "a bug in banger: " + thrown;
        return new ErrorInfo(
                ErrorCode.INTERNAL.code(), fact, List.of("operation " + operation + " in " + log), operation);
    }
}

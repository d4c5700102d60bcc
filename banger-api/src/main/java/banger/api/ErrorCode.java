package banger.api;

import java.util.Arrays;
import java.util.Optional;

/**
 * Every kind of failure that a person or a program can meet. The code is stable: scripts may compare
 * it. {@code docs/errors.md} explains each.
 */
public enum ErrorCode {
    /** The request makes no sense as it stands: a bad name, size or combination. */
    USAGE("usage", 400),
    CONFIG_INVALID("config.invalid", 400),
    VM_NOT_FOUND("vm.not-found", 404),
    VM_AMBIGUOUS("vm.ambiguous", 409),
    VM_EXISTS("vm.exists", 409),
    VM_NOT_RUNNING("vm.not-running", 409),
    VM_RUNNING("vm.running", 409),
    VM_BUSY("vm.busy", 409),
    VM_SAVED_UNFIT("vm.saved-unfit", 409),
    VM_SAVE_FAILED("vm.save-failed", 500),
    VM_CHANNEL_BUSY("vm.channel-busy", 503),
    VM_START_FAILED("vm.start-failed", 500),
    VM_NOT_READY("vm.not-ready", 504),
    GUEST_PROTOCOL("guest.protocol", 502),
    GUEST_REFUSED("guest.refused", 502),
    /** A path of the host that is no work tree of a git repository that can be read. */
    REPOSITORY_UNSUITABLE("repository.unsuitable", 409),
    WORKSPACE_NONE("workspace.none", 404),
    WORKSPACE_INCOMPLETE("workspace.incomplete", 409),
    /** What a guest delivered is nothing that may go on to the host. */
    WORKSPACE_REFUSED("workspace.refused", 422),
    WORKSPACE_CONFLICT("workspace.conflict", 409),
    WORKSPACE_UNPULLED("workspace.unpulled", 409),
    IMAGE_NOT_FOUND("image.not-found", 404),
    IMAGE_EXISTS("image.exists", 409),
    IMAGE_IN_USE("image.in-use", 409),
    IMAGE_INVALID("image.invalid", 422),
    IMAGE_CHANGED("image.changed", 409),
    IMAGE_BUILD_FAILED("image.build-failed", 500),
    KERNEL_NOT_FOUND("kernel.not-found", 404),
    KERNEL_EXISTS("kernel.exists", 409),
    KERNEL_IN_USE("kernel.in-use", 409),
    KERNEL_INVALID("kernel.invalid", 422),
    KERNEL_PULL_FAILED("kernel.pull-failed", 500),
    ENGINE_UNAVAILABLE("engine.unavailable", 409),
    ENGINE_PULL_FAILED("engine.pull-failed", 500),
    SNAPSHOT_NOT_FOUND("snapshot.not-found", 404),
    SNAPSHOT_DAMAGED("snapshot.damaged", 409),
    TEMPLATE_NOT_FOUND("template.not-found", 404),
    TEMPLATE_FAILED("template.failed", 500),
    ENVIRONMENT_NOT_FOUND("environment.not-found", 404),
    ENVIRONMENT_FAILED("environment.failed", 500),
    /** What a repository asks for has not been agreed to by its owner. */
    ENVIRONMENT_UNAPPROVED("environment.unapproved", 409),
    NETWORK_UNAVAILABLE("network.unavailable", 409),
    NETWORK_FAILED("network.failed", 500),
    HOST_TOOL_MISSING("host.tool-missing", 409),
    HOST_TOOL_FAILED("host.tool-failed", 500),
    HOST_DISK_FULL("host.disk-full", 507),
    HOST_MEMORY("host.memory", 409),
    DAEMON_UNREACHABLE("daemon.unreachable", 503),
    /** The daemon is of another build than the client that asks; the CLI replaces it. */
    DAEMON_OTHER_BUILD("daemon.other-build", 409),
    DAEMON_BUSY("daemon.busy", 409),
    DAEMON_UNAUTHORIZED("daemon.unauthorized", 403),
    STATE_IN_USE("state.in-use", 409),
    STATE_NEWER("state.newer", 409),
    CANCELLED("cancelled", 499),
    NO_SUCH_PATH("api.no-such-path", 404),
    INTERNAL("internal", 500);

    private final String code;
    private final int httpStatus;

    ErrorCode(String code, int httpStatus) {
        this.code = code;
        this.httpStatus = httpStatus;
    }

    /** The stable name, as in JSON and in {@code docs/errors.md}. */
    public String code() {
        return code;
    }

    public int httpStatus() {
        return httpStatus;
    }

    public static Optional<ErrorCode> of(String code) {
        return Arrays.stream(values()).filter(e -> e.code.equals(code)).findFirst();
    }
}

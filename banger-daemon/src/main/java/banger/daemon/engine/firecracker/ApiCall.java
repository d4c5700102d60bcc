package banger.daemon.engine.firecracker;

import io.avaje.jsonb.Json;
import io.avaje.jsonb.Jsonb;
import java.util.List;

/**
 * One request of Firecracker's API; the record is its body. Paths are relative to the VM's directory,
 * where Firecracker works, so that a saved state can continue in another one.
 */
public sealed interface ApiCall {
    /** What it is about, for errors: {@code drive vda}. */
    String subject();

    String path();

    default String method() {
        return "PUT";
    }

    /** JSON. */
    default String body() {
        return Jsonb.instance().toJson(this);
    }

    /** @param memSizeMib mebibytes */
    @Json(naming = Json.Naming.LowerUnderscore)
    record MachineConfig(int vcpuCount, int memSizeMib) implements ApiCall {
        @Override
        public String subject() {
            return "machine with " + vcpuCount + " vcpu and " + memSizeMib + " MiB";
        }

        @Override
        public String path() {
            return "/machine-config";
        }
    }

    @Json(naming = Json.Naming.LowerUnderscore)
    record BootSource(String kernelImagePath, String initrdPath, String bootArgs) implements ApiCall {
        @Override
        public String subject() {
            return "kernel";
        }

        @Override
        public String path() {
            return "/boot-source";
        }
    }

    /**
     * A raw disk. None is the root device: the initramfs mounts them.
     *
     * @param cacheType {@code Writeback}: a guest's flush reaches the host's disk; {@code Unsafe}: it does not
     */
    @Json(naming = Json.Naming.LowerUnderscore)
    record Drive(String driveId, String pathOnHost, boolean isReadOnly, boolean isRootDevice, String cacheType)
            implements ApiCall {
        static Drive readOnly(String name) {
            return new Drive(name, name, true, false, "Unsafe");
        }

        static Drive writable(String name) {
            return new Drive(name, name, false, false, "Writeback");
        }

        @Override
        public String subject() {
            return "drive " + driveId;
        }

        @Override
        public String path() {
            return "/drives/" + driveId;
        }
    }

    /** A disk that is opened again: the guest learns its size. */
    @Json(naming = Json.Naming.LowerUnderscore)
    record DriveChanged(String driveId, String pathOnHost) implements ApiCall {
        @Override
        public String subject() {
            return "drive " + driveId;
        }

        @Override
        public String path() {
            return "/drives/" + driveId;
        }

        @Override
        public String method() {
            return "PATCH";
        }
    }

    @Json(naming = Json.Naming.LowerUnderscore)
    record NetworkInterface(String ifaceId, String hostDevName, String guestMac) implements ApiCall {
        @Override
        public String subject() {
            return "network card on " + hostDevName;
        }

        @Override
        public String path() {
            return "/network-interfaces/" + ifaceId;
        }
    }

    @Json(naming = Json.Naming.LowerUnderscore)
    record Vsock(int guestCid, String udsPath) implements ApiCall {
        @Override
        public String subject() {
            return "vsock";
        }

        @Override
        public String path() {
            return "/vsock";
        }
    }

    record Entropy() implements ApiCall {
        @Override
        public String body() {
            return "{}";
        }

        @Override
        public String subject() {
            return "entropy device";
        }

        @Override
        public String path() {
            return "/entropy";
        }
    }

    /** @param actionType {@code InstanceStart} */
    @Json(naming = Json.Naming.LowerUnderscore)
    record Action(String actionType) implements ApiCall {
        static final Action START = new Action("InstanceStart");

        @Override
        public String subject() {
            return "start of the guest";
        }

        @Override
        public String path() {
            return "/actions";
        }
    }

    /** @param state {@code Paused} or {@code Resumed} */
    @Json
    record Run(String state) implements ApiCall {
        static final Run PAUSED = new Run("Paused");
        static final Run RESUMED = new Run("Resumed");

        @Override
        public String subject() {
            return "its vCPUs";
        }

        @Override
        public String path() {
            return "/vm";
        }

        @Override
        public String method() {
            return "PATCH";
        }
    }

    @Json(naming = Json.Naming.LowerUnderscore)
    record SnapshotCreate(String snapshotType, String snapshotPath, String memFilePath) implements ApiCall {
        @Override
        public String subject() {
            return "saving to " + memFilePath;
        }

        @Override
        public String path() {
            return "/snapshot/create";
        }
    }

    @Json(naming = Json.Naming.LowerUnderscore)
    record SnapshotLoad(
            String snapshotPath, MemoryBackend memBackend, boolean resumeVm, List<NetworkOverride> networkOverrides)
            implements ApiCall {
        @Override
        public String subject() {
            return "saved state " + snapshotPath;
        }

        @Override
        public String path() {
            return "/snapshot/load";
        }
    }

    @Json(naming = Json.Naming.LowerUnderscore)
    record MemoryBackend(String backendType, String backendPath) {}

    @Json(naming = Json.Naming.LowerUnderscore)
    record NetworkOverride(String ifaceId, String hostDevName) {}
}

package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.VmName;
import banger.daemon.store.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The VMs in the store. Reserving a name, an address and a CID is one transaction. */
public final class VmTable {
    private static final int FIRST_CID = 3;

    private final Database database;
    private final Subnet subnet;

    public VmTable(Database database, Subnet subnet) {
        this.database = database;
        this.subnet = subnet;
    }

    /** Everything about a new VM but what is allocated for it. */
    public record Draft(
            VmId id,
            String imageName,
            String imageDigest,
            String kernelName,
            String kernelDigest,
            int vcpu,
            int memoryMib,
            long diskBytes,
            long overlayBytes,
            boolean nat,
            String engine,
            String machineId,
            boolean ephemeral) {}

    /**
     * Writes down a VM to be created.
     *
     * @param name empty: one is made up
     * @throws BangerException {@code vm.exists}
     */
    public Vm reserve(Draft d, Optional<VmName> name) {
        return database.write(c -> {
            var names = new HashSet<>(Database.query(c, "SELECT name FROM vms", r -> r.getString(1)));
            var chosen = name.orElseGet(() -> RandomNames.notIn(names));
            if (names.contains(chosen.value()))
                throw new BangerException(
                        ErrorCode.VM_EXISTS,
                        "vm " + chosen + ": exists already",
                        "choose another --name, or banger vm delete " + chosen);
            var address =
                    subnet.firstFree(new HashSet<>(Database.query(c, "SELECT address FROM vms", r -> r.getString(1))));
            var cids = new HashSet<>(Database.query(c, "SELECT cid FROM vms", r -> r.getInt(1)));
            int cid = FIRST_CID;
            while (cids.contains(cid)) cid++;
            var vm = new Vm(
                    d.id,
                    chosen,
                    VmState.CREATING,
                    "",
                    d.imageName,
                    d.imageDigest,
                    d.kernelName,
                    d.kernelDigest,
                    d.vcpu,
                    d.memoryMib,
                    d.diskBytes,
                    d.overlayBytes,
                    d.nat,
                    d.engine,
                    address,
                    Subnet.mac(address),
                    cid,
                    d.machineId,
                    "",
                    d.ephemeral,
                    Instant.ofEpochMilli(System.currentTimeMillis()));
            Database.execute(
                    c,
                    "INSERT INTO vms (id, name, state, image_name, image_digest, kernel_name, kernel_digest, vcpu,"
                            + " memory_mib, disk_bytes, overlay_bytes, nat, engine, address, mac, cid, machine_id,"
                            + " ephemeral, created_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                    vm.id().value(),
                    chosen.value(),
                    vm.state().word(),
                    d.imageName,
                    d.imageDigest,
                    d.kernelName,
                    d.kernelDigest,
                    d.vcpu,
                    d.memoryMib,
                    d.diskBytes,
                    d.overlayBytes,
                    d.nat ? 1 : 0,
                    d.engine,
                    address,
                    vm.mac(),
                    cid,
                    d.machineId,
                    d.ephemeral ? 1 : 0,
                    vm.createdAt().toEpochMilli());
            return vm;
        });
    }

    public void state(VmId id, VmState state, String lastError) {
        database.update("UPDATE vms SET state=?, last_error=? WHERE id=?", state.word(), lastError, id.value());
    }

    public void size(VmId id, int vcpu, int memoryMib, long diskBytes) {
        database.update(
                "UPDATE vms SET vcpu=?, memory_mib=?, disk_bytes=? WHERE id=?", vcpu, memoryMib, diskBytes, id.value());
    }

    public void nat(VmId id, boolean on) {
        database.update("UPDATE vms SET nat=? WHERE id=?", on ? 1 : 0, id.value());
    }

    /** @param json of the recorded workspace */
    public void workspace(VmId id, String json) {
        database.update("UPDATE vms SET workspace=? WHERE id=?", json, id.value());
    }

    public void forget(VmId id) {
        database.update("DELETE FROM vms WHERE id=?", id.value());
    }

    /** In the order they were created. */
    public List<Vm> all() {
        return database.query("SELECT * FROM vms ORDER BY created_at, id", VmTable::read);
    }

    public Optional<Vm> find(VmId id) {
        return database.first("SELECT * FROM vms WHERE id=?", VmTable::read, id.value());
    }

    /** The names of the VMs that use an image or a kernel. */
    public Set<String> usersOf(String digest) {
        return new java.util.TreeSet<>(database.query(
                "SELECT name FROM vms WHERE image_digest=? OR kernel_digest=?", r -> r.getString(1), digest, digest));
    }

    private static Vm read(ResultSet r) throws SQLException {
        return new Vm(
                new VmId(r.getString("id")),
                new VmName(r.getString("name")),
                VmState.of(r.getString("state")),
                r.getString("last_error"),
                r.getString("image_name"),
                r.getString("image_digest"),
                r.getString("kernel_name"),
                r.getString("kernel_digest"),
                r.getInt("vcpu"),
                r.getInt("memory_mib"),
                r.getLong("disk_bytes"),
                r.getLong("overlay_bytes"),
                r.getInt("nat") != 0,
                r.getString("engine"),
                r.getString("address"),
                r.getString("mac"),
                r.getInt("cid"),
                r.getString("machine_id"),
                r.getString("workspace"),
                r.getInt("ephemeral") != 0,
                Instant.ofEpochMilli(r.getLong("created_at")));
    }
}

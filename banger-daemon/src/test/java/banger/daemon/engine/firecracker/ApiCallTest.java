package banger.daemon.engine.firecracker;

import static org.assertj.core.api.Assertions.assertThat;

import banger.daemon.engine.BootSpec;
import banger.daemon.guest.Control;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ApiCallTest {
    private static final ApiSchema SCHEMA = ApiSchema.load();

    static Stream<Arguments> calls() {
        return Stream.of(
                golden(
                        new ApiCall.MachineConfig(2, 512),
                        "PUT /machine-config",
                        "{\"vcpu_count\":2,\"mem_size_mib\":512}"),
                golden(
                        new ApiCall.BootSource("kernel", "initrd", "console=ttyS0"),
                        "PUT /boot-source",
                        "{\"kernel_image_path\":\"kernel\",\"initrd_path\":\"initrd\",\"boot_args\":\"console=ttyS0\"}"),
                golden(
                        ApiCall.Drive.readOnly("vda"),
                        "PUT /drives/vda",
                        "{\"drive_id\":\"vda\",\"path_on_host\":\"vda\",\"is_read_only\":true,\"is_root_device\":false,"
                                + "\"cache_type\":\"Unsafe\"}"),
                golden(
                        ApiCall.Drive.writable("vdb"),
                        "PUT /drives/vdb",
                        "{\"drive_id\":\"vdb\",\"path_on_host\":\"vdb\",\"is_read_only\":false,\"is_root_device\":false,"
                                + "\"cache_type\":\"Writeback\"}"),
                golden(
                        new ApiCall.DriveChanged("vdc", "vdc"),
                        "PATCH /drives/vdc",
                        "{\"drive_id\":\"vdc\",\"path_on_host\":\"vdc\"}"),
                golden(
                        new ApiCall.NetworkInterface("eth0", "bgr1", "02:00:00:00:00:01"),
                        "PUT /network-interfaces/eth0",
                        "{\"iface_id\":\"eth0\",\"host_dev_name\":\"bgr1\",\"guest_mac\":\"02:00:00:00:00:01\"}"),
                golden(new ApiCall.Vsock(3, "v.sock"), "PUT /vsock", "{\"guest_cid\":3,\"uds_path\":\"v.sock\"}"),
                golden(new ApiCall.Entropy(), "PUT /entropy", "{}"),
                golden(ApiCall.Action.START, "PUT /actions", "{\"action_type\":\"InstanceStart\"}"),
                golden(ApiCall.Run.PAUSED, "PATCH /vm", "{\"state\":\"Paused\"}"),
                golden(ApiCall.Run.RESUMED, "PATCH /vm", "{\"state\":\"Resumed\"}"),
                golden(
                        new ApiCall.SnapshotCreate("Full", "state", "memory"),
                        "PUT /snapshot/create",
                        "{\"snapshot_type\":\"Full\",\"snapshot_path\":\"state\",\"mem_file_path\":\"memory\"}"),
                golden(
                        new ApiCall.SnapshotLoad(
                                "state",
                                new ApiCall.MemoryBackend("File", "memory"),
                                false,
                                List.of(new ApiCall.NetworkOverride("eth0", "bgr2"))),
                        "PUT /snapshot/load",
                        "{\"snapshot_path\":\"state\",\"mem_backend\":{\"backend_type\":\"File\",\"backend_path\":"
                                + "\"memory\"},\"resume_vm\":false,\"network_overrides\":[{\"iface_id\":\"eth0\","
                                + "\"host_dev_name\":\"bgr2\"}]}"));
    }

    private static Arguments golden(ApiCall call, String request, String body) {
        return Arguments.of(call, request, body);
    }

    @ParameterizedTest
    @MethodSource("calls")
    void everyCallIsAsFirecrackerTakesIt(ApiCall call, String request, String body) {
        assertThat(call.method() + " " + call.path()).isEqualTo(request);
        assertThat(call.body()).isEqualTo(body);
        boolean started = call instanceof ApiCall.Run
                || call instanceof ApiCall.SnapshotCreate
                || call instanceof ApiCall.DriveChanged;
        assertThat(SCHEMA.complaint(call.method(), call.path(), call.body(), started))
                .isEmpty();
    }

    @Test
    void everyKindOfCallIsInThatTable() {
        var shown = calls().map(a -> a.get()[0].getClass().getName()).toList();
        for (var kind : ApiCall.class.getPermittedSubclasses())
            assertThat(shown).contains(kind.getName());
    }

    @Test
    void theSchemaRefusesWhatFirecrackerRefuses() {
        for (var bad : List.of(
                "{}",
                "{\"vcpu_count\":2}",
                "{\"vcpu_count\":33,\"mem_size_mib\":512}",
                "{\"vcpu_count\":0,\"mem_size_mib\":512}",
                "{\"vcpu_count\":\"2\",\"mem_size_mib\":512}",
                "{\"vcpu_count\":2,\"mem_size_mib\":512,\"new\":1}",
                "nonsense"))
            assertThat(SCHEMA.complaint("PUT", "/machine-config", bad, false))
                    .as(bad)
                    .isPresent();
        assertThat(SCHEMA.complaint("PUT", "/entropy", "{}", true)).isPresent();
        assertThat(SCHEMA.complaint("PATCH", "/vm", "{\"state\":\"Paused\"}", false))
                .isPresent();
        assertThat(SCHEMA.complaint("PATCH", "/drives/vdc", "{\"drive_id\":\"vdc\"}", false))
                .isPresent();
        assertThat(SCHEMA.complaint("PATCH", "/drives/vdc", "{\"drive_id\":\"vdc\",\"is_read_only\":true}", true))
                .isPresent();
        assertThat(SCHEMA.complaint("GET", "/nothing", "{}", false)).isPresent();
        assertThat(SCHEMA.complaint("PUT", "/drives/vda", "{\"drive_id\":\"vdb\",\"is_root_device\":false}", false))
                .isPresent();
    }

    private static BootSpec spec(Optional<String> tap) {
        return new BootSpec(
                "box",
                Path.of("/d"),
                List.of(),
                "console=ttyS0",
                2,
                512,
                "02:00:00:00:00:01",
                7,
                new BootSpec.Placement(Optional.empty(), Optional.empty(), tap),
                "user",
                new Control.Listener() {
                    @Override
                    public void dirty(long kib) {}

                    @Override
                    public void power(String action) {}

                    @Override
                    public void failed(String text) {}

                    @Override
                    public void ready() {}
                });
    }

    @Test
    void aBootIsMadeOfCallsThatFirecrackerTakesInThisOrder() {
        var calls = BootCalls.of(spec(Optional.of("bgr1")));
        for (var call : calls)
            assertThat(SCHEMA.complaint(call.method(), call.path(), call.body(), false))
                    .as(call.path())
                    .isEmpty();
        assertThat(calls.stream().map(ApiCall::path))
                .containsExactly(
                        "/machine-config",
                        "/boot-source",
                        "/drives/vda",
                        "/drives/vdb",
                        "/drives/vdc",
                        "/drives/vdd",
                        "/vsock",
                        "/entropy",
                        "/network-interfaces/eth0",
                        "/actions");
        assertThat(BootCalls.of(spec(Optional.empty())).stream().map(ApiCall::path))
                .doesNotContain("/network-interfaces/eth0");
    }

    /** What gives memory back punches holes into files that others map (warm.md 4). */
    @Test
    void noMachineGivesMemoryBack() {
        var all = Arrays.toString(BootCalls.of(spec(Optional.of("bgr1"))).stream()
                .map(c -> c.path() + c.body())
                .toArray());
        assertThat(all).doesNotContain("balloon", "hotplug", "huge_pages", "track_dirty");
    }
}

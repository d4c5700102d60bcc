package banger.daemon.vm;

import banger.api.Size;
import banger.daemon.config.VmDefaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Whether this host has something to spare for work that nobody waits for. */
final class HostRoom {
    /** Left to everybody else. */
    private static final long SPARE_MIB = 1024;

    private static final Path POWER = Path.of("/sys/class/power_supply");

    private final Path place;

    /** @param place a directory on the disk that is written to */
    HostRoom(Path place) {
        this.place = place;
    }

    /** Why a template of this size had better not be made now; empty: it may be. */
    Optional<String> shortage(int memoryMib) {
        if (onBattery(POWER)) return Optional.of("this host runs on battery");
        long available = VmDefaults.availableMemoryMib();
        if (available < memoryMib + SPARE_MIB) return Optional.of("memory is short (" + available + " MiB available)");
        try {
            long free = Files.getFileStore(place).getUsableSpace() / Size.MIB;
            // Its memory lies there twice for a while, the second time without its zeroes.
            if (free < 2L * memoryMib + SPARE_MIB)
                return Optional.of("the disk is nearly full (" + free + " MiB free)");
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(place + ": " + e.getMessage());
        }
    }

    static boolean onBattery(Path supplies) {
        if (!Files.isDirectory(supplies)) return false;
        boolean discharging = false;
        try (var all = Files.newDirectoryStream(supplies)) {
            for (var supply : all) {
                if (text(supply.resolve("type")).equals("Mains")
                        && text(supply.resolve("online")).equals("1")) return false;
                discharging |= text(supply.resolve("type")).equals("Battery")
                        && text(supply.resolve("scope")).isEmpty()
                        && text(supply.resolve("status")).equals("Discharging");
            }
        } catch (IOException e) {
            return false; // whoever cannot be asked is no battery
        }
        return discharging;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }
}

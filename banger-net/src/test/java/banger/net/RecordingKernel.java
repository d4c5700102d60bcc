package banger.net;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A kernel that writes down what it is told, and fails where it is asked to. */
final class RecordingKernel implements Kernel {
    final List<String> told = new ArrayList<>();
    List<String> interfaces = new ArrayList<>(List.of("lo"));
    Optional<Subnet> address = Optional.empty();
    Ruleset ruleset = new Ruleset(java.util.Map.of(), java.util.Set.of());
    Optional<Refusal> linksFail = Optional.empty();
    boolean settable = true;

    @Override
    public void rules(String transaction) {
        told.add("nft " + transaction.lines().toList().getLast());
    }

    @Override
    public Ruleset ruleset() {
        return ruleset;
    }

    @Override
    public void links(Refusal.Code code, List<String> commands) throws Refusal {
        commands.forEach(c -> told.add("ip " + c));
        if (linksFail.isPresent()) throw linksFail.get();
    }

    @Override
    public List<String> interfaces() {
        return interfaces;
    }

    @Override
    public Optional<Subnet> address(String name) {
        return interfaces.contains(name) ? address : Optional.empty();
    }

    @Override
    public boolean running(String name) {
        return interfaces.contains(name);
    }

    @Override
    public boolean setting(String name, String value) {
        return settable;
    }
}

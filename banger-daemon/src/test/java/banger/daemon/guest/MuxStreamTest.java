package banger.daemon.guest;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.http.Duplex;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** A stream whose channel breaks; what passes through one is MuxTest's. */
class MuxStreamTest {
    /** An agent that powers its machine off answers, and the channel breaks before the host has said that it is done. */
    @Test
    void aStreamIsClosedWhoeverIsThereToHearIt() throws Exception {
        var silent = new Wire();
        var broken = new AtomicBoolean();
        var out = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                if (broken.get()) throw new ClosedChannelException();
            }
        };
        var host = Duplex.of(silent.host().in(), out, () -> {}, silent.host());
        var control = Control.begin(new Wire().host(), MuxTest.DEAF);
        var mux = Mux.begin(host, control);
        var stream = mux.open();
        broken.set(true);
        stream.close();
        assertThatThrownBy(mux::open).isInstanceOf(ClosedChannelException.class);
        mux.close();
        control.close();
    }
}

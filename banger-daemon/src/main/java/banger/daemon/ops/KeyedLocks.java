package banger.daemon.ops;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** One lock a key; a key costs a few bytes for the daemon's life. */
public final class KeyedLocks<K> {
    private final Map<K, ReentrantLock> locks = new ConcurrentHashMap<>();

    /** Released by close. */
    public interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /** Waits for the lock; an interrupt ends the wait with {@code cancelled}. */
    public Held hold(K key) {
        var lock = locks.computeIfAbsent(key, k -> new ReentrantLock(true));
        try {
            lock.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, key + ": cancelled while waiting").because(e);
        }
        return lock::unlock;
    }
}

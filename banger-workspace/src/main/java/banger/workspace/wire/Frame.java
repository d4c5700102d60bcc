package banger.workspace.wire;

/**
 * One frame of a conversation.
 *
 * @param type a constant of {@link Type}
 * @param payload at most 65536 bytes
 */
record Frame(int type, byte[] payload) {}

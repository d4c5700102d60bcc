/* From the initramfs into the image: the root moved, the agent forked, the image's init run. */
#ifndef BANGER_HANDOVER_H
#define BANGER_HANDOVER_H

struct core;

/* Process 1 does not come back from here, unless it failed; the agent runs the loop and never
   returns. */
void handover(struct core *c);

#endif

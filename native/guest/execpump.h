/* A running command and its stream: bytes both ways until the command ends or the host goes away. */
#ifndef BANGER_EXECPUMP_H
#define BANGER_EXECPUMP_H

#include "child.h"
#include "worker.h"

void exec_pump(struct worker *w, struct child *ch, bool tty);

#endif

/* Loading a module that the kernel asks for, where the image brings no modprobe: the kernel is told to call a
   copy of this program by the name `modprobe`. */
#ifndef BANGER_MODPROBE_H
#define BANGER_MODPROBE_H

#include "util.h"

#include <stdbool.h>

/* Where the copy lies, in the image's root. */
#define MODPROBE "/run/banger/modprobe"

/* The program's other main: `modprobe [-q] [--] NAME`. */
int modprobe_main(int argc, char **argv);
/* Once the image's root is entered: installs the copy where the image has none and there are modules. */
void modprobe_install(void);
/* The files to load for a module's name or alias, dependencies first, each once with a NUL behind it, as
   modules.dep names them; none when there is no such module. */
bool modprobe_files(int dir, const char *name, struct buf *files);

#endif

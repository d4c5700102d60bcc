/* Loading the initramfs's modules, group by group (`modules/load`). */
#ifndef BANGER_MODULES_H
#define BANGER_MODULES_H

/* Groups `pci` (where there is a PCI bus) and `mmio`. */
void modules_load_transports(void);
/* `vN` is loaded only where a virtio device with id N is on a bus. Problems go to the console: what
   is missing shows itself as a device that does not come. */
void modules_load(const char *group);
/* Frees the memory they take in the initramfs. */
void modules_forget(void);

#endif

/* What all kernels share. They take and give plain arrays that the caller owns; none keeps anything between calls. */
#ifndef WENDA_KERNELS_H
#define WENDA_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

#endif

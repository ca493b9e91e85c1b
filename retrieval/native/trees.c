/* Rows of numbers in, what boosted trees give for each out.

   The trees are complete and all of one depth, as heaps: the children of node n are 2n + 1 and 2n + 2. The caller
   guarantees that every array is as large as said here and that every feature is below *width*. */
#include "kernels.h"

/* rows (count, width); features, thresholds (trees, nodes); values (trees, nodes + 1); sums (count). A row goes left where
   its feature is at most the threshold. Values are added tree by tree. */
EXPORTED void trees_sum(const double *rows, int64_t count, int64_t width, const uint8_t *features, const float *thresholds,
                        const float *values, int64_t trees, int64_t nodes, double *sums) {
    for (int64_t n = 0; n < count; n++) {
        const double *row = rows + n * width;
        double sum = 0;
        for (int64_t tree = 0; tree < trees; tree++) {
            const uint8_t *asked = features + tree * nodes;
            const float *most = thresholds + tree * nodes;
            int64_t at = 0;
            while (at < nodes) at = 2 * at + 1 + (row[asked[at]] > (double)most[at]);
            sum += (double)values[tree * (nodes + 1) + at - nodes];
        }
        sums[n] = sum;
    }
}

/* From the results of cells to tables over seeds. */
#ifndef GROUPS_H
#define GROUPS_H

#include <jansson.h>

/* What sweep_run answers, of the list of its cells, which it takes over. NULL: no memory. */
json_t *sweep_summarise(json_t *cells);
/* Half the width of the 95% confidence interval of a mean of n numbers, in standard errors. */
double student_95(size_t n);

#endif

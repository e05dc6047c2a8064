#include <stdio.h>
int unused_symbol(void) { return 42; }
int main(void) { puts("hello"); return 0; }

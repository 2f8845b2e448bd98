/** Stands in until the loader is there. */

declare const __WIDGET_MAIN__: string;

void import(/* @vite-ignore */ new URL(__WIDGET_MAIN__, location.href).href);

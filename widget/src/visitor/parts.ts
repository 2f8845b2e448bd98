/** The widget's other files, fetched when they are needed. */

/** By name, what else is in the name of the file beside this one. */
declare const __WIDGET_PARTS__: Readonly<Record<string, string>>;

/** Put behind the name of a file: this module, too, may be here at the second attempt. */
let again = new URL(import.meta.url).search;

/** Fetch a part; who asks again after a failure asks the network again. */
export async function part<T>(name: string): Promise<T> {
  try {
    return await import(/* @vite-ignore */ `./${name}-${__WIDGET_PARTS__[name]}.js${again}`);
  } catch (error) {
    // A browser remembers that a module failed to load: ask by another name.
    again = `?${Date.now()}`;
    throw error;
  }
}

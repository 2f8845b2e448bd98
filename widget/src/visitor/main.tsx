/** Stands in until the widget is there. */

export function mount(): void {}

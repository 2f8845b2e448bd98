export let h: any, Fragment: any; export const equip = (k: any) => {h = k.h}

import {h, equip} from "./kit.ts"; export {equip}; export const X = () => <p><>a</></p>;

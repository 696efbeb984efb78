export declare const QUARTER_WAVE: Int32Array<ArrayBuffer>;

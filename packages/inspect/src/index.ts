/** Sees inside recurrent networks. */
export {};

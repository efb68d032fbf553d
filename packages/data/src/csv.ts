/** CSV files: tables and time series. */
export {
  readCsv,
  readCsvNumbers,
  type ReadCsvOptions,
  type ReadNumbersOptions,
  type CsvRecord,
} from './readers/csv.ts';

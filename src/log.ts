/** One JSON line on stderr for each message: ids and figures, never feedback text. */
export type Log = (level: 'info' | 'warning' | 'error', message: string, fields?: Record<string, unknown>) => void;

export const createLog =
  (process_name: string): Log =>
  (level, message, fields = {}) => {
    process.stderr.write(
      `${JSON.stringify({ time: new Date().toISOString(), level, process: process_name, message, ...fields })}\n`,
    );
  };

-- What bounds the cells of a worker, and whether other accounts of its machine can read what customers write in a job.
ALTER TABLE workers
  ADD COLUMN memory_bound text,          -- control_group, address_space
  ADD COLUMN output_bound text,          -- kernel, watched
  ADD COLUMN arguments_hidden boolean;   -- follows the installed FFmpeg

export {
  type CommandError,
  type CommandRequest,
  type CommandResult,
  type OptionPlace,
  readCommand,
} from './read-command.ts';

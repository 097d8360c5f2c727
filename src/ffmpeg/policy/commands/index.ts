export {
  type CommandError,
  type CommandRequest,
  type CommandResult,
  type OptionPosition,
  readCommand,
} from './read-command.ts';

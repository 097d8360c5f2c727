export { type CommandError, type CommandRequest, type CommandResult, readCommand } from './read-command.ts';

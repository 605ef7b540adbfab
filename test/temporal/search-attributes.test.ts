import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import proto from '@temporalio/proto';
import { missingSearchAttributes, registerSearchAttributes } from '../../src/search-attributes.ts';
import { useTemporal } from '../support/temporal.ts';

const NAMES = ['TwinId', 'TenantId', 'LearningState', 'LastDecision'];
const { INDEXED_VALUE_TYPE_INT } = proto.temporal.api.enums.v1.IndexedValueType;

describe('search attributes', () => {
  /** A namespace without any of ours. */
  async function bareNamespace(): Promise<string> {
    const { client } = await useTemporal();
    const namespace = `bare-${randomUUID()}`;
    await client.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: proto.google.protobuf.Duration.fromObject({ seconds: 86_400 }),
    });
    return namespace;
  }

  it('are all there on a server started with our arguments', async () => {
    const { client } = await useTemporal();
    assert.deepEqual(await missingSearchAttributes(client.connection, 'default'), []);
  });

  it('that are missing are named, and registered once', async () => {
    const { client, nativeConnection } = await useTemporal();
    const namespace = await bareNamespace();
    assert.deepEqual(await missingSearchAttributes(client.connection, namespace), NAMES);
    assert.deepEqual(await registerSearchAttributes(client.connection, namespace), NAMES);
    assert.deepEqual(await registerSearchAttributes(client.connection, namespace), []);
    assert.deepEqual(await missingSearchAttributes(nativeConnection, namespace), []);
  });

  it('of another type are an error with the command that helps', async () => {
    const { client } = await useTemporal();
    const namespace = await bareNamespace();
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: { TwinId: INDEXED_VALUE_TYPE_INT },
    });
    await assert.rejects(
      registerSearchAttributes(client.connection, namespace),
      /TwinId\. Remove them first: temporal operator search-attribute remove --name TwinId/,
    );
  });
});

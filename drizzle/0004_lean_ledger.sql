ALTER TABLE "persona_training_events" DROP CONSTRAINT "persona_training_events_tenant_id_tenants_id_fk";--> statement-breakpoint
DROP INDEX "persona_training_events_seq";--> statement-breakpoint
DROP INDEX "persona_training_events_tenant";--> statement-breakpoint
ALTER TABLE "persona_training_events" DROP COLUMN "id";--> statement-breakpoint
ALTER TABLE "persona_training_events" ADD CONSTRAINT "persona_training_events_twin_id_seq_pk" PRIMARY KEY("twin_id","seq");--> statement-breakpoint
CREATE INDEX "jobs_open_by_tenant" ON "jobs" USING btree ("tenant_id") WHERE status in ('queued', 'processing');

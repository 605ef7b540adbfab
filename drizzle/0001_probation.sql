ALTER TABLE "persona_specs" ADD COLUMN "probation" text;--> statement-breakpoint
ALTER TABLE "persona_specs" ADD COLUMN "probation_ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "twin_state" ADD COLUMN "probation_until" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "twin_state_probation" ON "twin_state" USING btree ("probation_until") WHERE probation_until is not null;--> statement-breakpoint
ALTER TABLE "persona_specs" ADD CONSTRAINT "valid_probation" CHECK (probation in ('running', 'kept', 'undecided', 'rolled_back'));